// Sends a form by itself; without this the page's button does it.
document.querySelector("form[data-send]")?.requestSubmit();

// Tells the platform that its registration is done, as the standard has it. Nothing secret is said.
if (document.querySelector("[data-close]")) {
  (window.opener ?? window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
}
