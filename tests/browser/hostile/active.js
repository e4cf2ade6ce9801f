// What of a page could act, or lead to what acts: nothing, on a page of ours.
() => {
  const every = (selector) => [...document.querySelectorAll(selector)];
  const addresses = ["href", "src", "action", "formaction"];
  const leads = (at) => addresses.some((name) => at.hasAttribute(name) &&
    !/^(https?:|data:image)/.test(new URL(at.getAttribute(name), location).href));
  const listens = (at) => [...at.attributes].some(({ name }) => name.startsWith("on"));
  const runs = (at) => at.matches("script:not([src])") && !at.type.includes("json");
  const resizer = (at) => at.textContent.trim().startsWith(".grip-resizable"); // of the editor's table, once it is drawn
  const foreign = (at) => at.matches("base, img[src=x]") || (at.matches("style") && !resizer(at));
  return every("*").filter((at) => leads(at) || listens(at) || runs(at) || foreign(at)).map((at) => at.outerHTML.slice(0, 200));
}
