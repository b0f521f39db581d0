// The line between terminal and picture: dragged, or moved by the arrow keys; kept in this browser.

const KEY = "playground.divider";

export function startDivider(divider, host, onChange) {
  const kept = Number(localStorage.getItem(KEY));
  let share = kept >= 15 && kept <= 85 ? kept : 52;

  const sideways = () => getComputedStyle(host).getPropertyValue("--sideways").trim() === "1";

  function set(value) {
    share = Math.min(85, Math.max(15, value));
    host.style.setProperty("--share", `${share}fr`);
    host.style.setProperty("--rest", `${100 - share}fr`);
    divider.setAttribute("aria-valuenow", Math.round(share));
    divider.setAttribute("aria-orientation", sideways() ? "vertical" : "horizontal");
    onChange();
  }

  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = host.getBoundingClientRect();
    set(sideways() ? (100 * (event.clientX - box.left)) / box.width : (100 * (event.clientY - box.top)) / box.height);
  });
  divider.addEventListener("pointerup", () => localStorage.setItem(KEY, share));
  divider.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -4, ArrowLeft: -4, ArrowDown: 4, ArrowRight: 4 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(share + step);
    localStorage.setItem(KEY, share);
  });
  set(share);
}
