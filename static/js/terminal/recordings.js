// Where recordings are kept: in this browser, and nowhere else.
const NAME = "recordings";

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("playground", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(NAME, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function call(mode, method, ...what) {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const request = opened.transaction(NAME, mode).objectStore(NAME)[method](...what);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    opened.close();
  }
}

export const add = (recording) => call("readwrite", "add", recording);
export const remove = (id) => call("readwrite", "delete", id);
export const all = () => call("readonly", "getAll");
