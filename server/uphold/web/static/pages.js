// What pages can do with scripts and do as well without: the Escape key takes away the source that is shown.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const source of document.querySelectorAll(".source:is(:hover, :focus)")) source.classList.add("put-away");
});

for (const event of ["pointerout", "focusout"]) {
  document.addEventListener(event, (left) => left.target.closest?.(".source")?.classList.remove("put-away"));
}
