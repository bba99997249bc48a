// Shows the document that lies beside the page. No other host is asked for anything: there is no validator.
"use strict";

window.ui = SwaggerUIBundle({
  url: new URL("openapi.yaml", window.location.href).href,
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  displayOperationId: true,
  persistAuthorization: false,
  validatorUrl: null,
});
