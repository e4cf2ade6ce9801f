// Signs that turn the direction of writing, where they could turn other words too: in one block with them, not kept apart.
() => {
  const turns = /[\u202a-\u202e\u2066-\u2069]/;
  const kept = "bdi, code, pre, title, script";
  const blockOf = (at) => (getComputedStyle(at).display.startsWith("inline") ? blockOf(at.parentElement) : at);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const loose = [];
  while (walker.nextNode()) {
    const { nodeValue, parentElement } = walker.currentNode;
    if (!turns.test(nodeValue) || parentElement.closest(kept)) continue;
    const block = blockOf(parentElement);
    if (block.textContent.trim() !== nodeValue.trim()) loose.push(block.outerHTML.slice(0, 300));
  }
  return loose;
}
