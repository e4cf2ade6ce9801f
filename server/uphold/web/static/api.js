// The console at /api: Swagger UI on the OpenAPI document of this server. The list of questions needs no script.

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
  validatorUrl: "none", // the validator is another site
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  filter: true,
  supportedSubmitMethods: ["get", "post"],
  tryItOutEnabled: true,
  onComplete: () => place.querySelector("main")?.setAttribute("role", "group"), // the page has its own main part
});
