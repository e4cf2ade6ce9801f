// The console at /api: Swagger UI for this server's OpenAPI document. The list of questions works without scripts.

const place = document.querySelector("#console");
const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

followTheme();
dark.addEventListener("change", followTheme);
window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: "none", // the default validator is on another site
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  filter: true,
  supportedSubmitMethods: ["get", "post"],
  tryItOutEnabled: true,
  onComplete: () => place.querySelector("main")?.setAttribute("role", "group"), // the page has its own main part
});
