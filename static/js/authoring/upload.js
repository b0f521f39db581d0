// A whole folder: its files' paths go along, which a browser's form leaves out.
for (const form of document.querySelectorAll("[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const whole = form.querySelector("[data-folder]");
  whole?.addEventListener("change", () => (input.webkitdirectory = whole.checked));
  form.addEventListener("formdata", ({ formData }) => {
    formData.delete("path");
    for (const file of input.files) formData.append("path", file.webkitRelativePath || file.name);
  });
}
