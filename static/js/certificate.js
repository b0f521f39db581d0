// A certificate: its name is kept in this browser only.
const name = document.querySelector("[data-name]");
name.value = localStorage.getItem("playground.name") ?? "";
name.addEventListener("input", () => localStorage.setItem("playground.name", name.value));
document.querySelector("[data-print]").addEventListener("click", () => print());
