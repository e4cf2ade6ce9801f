// What pages can do with scripts and do as well without: the Escape key takes away the source that is shown, and what is there to
// be copied has a button for it.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const source of document.querySelectorAll(".source:is(:hover, :focus)")) source.classList.add("put-away");
});

for (const event of ["pointerout", "focusout"]) {
  document.addEventListener(event, (left) => left.target.closest?.(".source")?.classList.remove("put-away"));
}

for (const source of document.querySelectorAll("[data-copy]")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = "Copied";
    } catch {
      const range = document.createRange();
      if (source.select) source.select();
      else { range.selectNodeContents(source); getSelection().removeAllRanges(); getSelection().addRange(range); }
      button.textContent = "Selected: copy with the keyboard";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 3000);
  });
  button.setAttribute("aria-live", "polite");
  source.after(button);
}
