// Optional enhancements of pages: the Escape key hides the tooltip that is shown, and texts to copy get a button.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const source of document.querySelectorAll(":is(.source, .term):is(:hover, :focus)")) source.classList.add("put-away");
});

for (const event of ["pointerout", "focusout"]) {
  document.addEventListener(event, (left) => left.target.closest?.(".source, .term")?.classList.remove("put-away"));
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
      button.textContent = "Selected; copy with the keyboard";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 3000);
  });
  button.setAttribute("aria-live", "polite");
  source.after(button);
}
