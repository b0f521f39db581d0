// Style elements that a library makes get the page's nonce, without which the content security
// policy would refuse them. To be imported before the library.
const nonce = document.querySelector("link[nonce]")?.nonce;
const create = document.createElement.bind(document);

document.createElement = (name, options) => {
  const made = create(name, options);
  if (nonce && String(name).toLowerCase() === "style") made.nonce = nonce;
  return made;
};
