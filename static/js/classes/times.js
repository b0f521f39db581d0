// Times in the browser's own zone, in texts and fields; forms that ask before they are sent.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const style = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("[data-time]")) time.textContent = style.format(new Date(time.dateTime));
for (const field of document.querySelectorAll("[data-zone]")) field.value = zone;
const two = (number) => String(number).padStart(2, "0");
for (const field of document.querySelectorAll("input[data-utc]")) {
  const at = new Date(field.dataset.utc);
  field.value = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
// Without this script a form goes out in UTC, and its fields show UTC.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.sure;
  if (question && !window.confirm(question)) event.preventDefault();
});
