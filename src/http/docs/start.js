// A file of its own: the page's policy allows no inline script.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Swagger's own validator would send the document elsewhere.
  validatorUrl: null,
  requestSnippetsEnabled: true,
});
