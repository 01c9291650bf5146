/* The phone's own book: what was taken along, visits in work and on their way, photos. Kept in IndexedDB, written
   at every field, so that a closed browser loses nothing. */

const NAME = "tantu-fieldbook", STORES = ["kept", "visits", "photos"];
let opened = null;

function open() {
  opened ||= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => STORES.forEach((store) => asked.result.createObjectStore(store, { keyPath: "id" }));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  return opened;
}

async function within(store, mode, act) {
  const book = await open();
  return new Promise((done, fail) => {
    const work = book.transaction(store, mode, { durability: "strict" });
    const asked = act(work.objectStore(store));
    work.oncomplete = () => done(asked.result);
    work.onerror = work.onabort = () => fail(work.error);
  });
}

export const put = (store, row) => within(store, "readwrite", (rows) => rows.put(row));
export const read = (store, id) => within(store, "readonly", (rows) => rows.get(id));
export const all = (store) => within(store, "readonly", (rows) => rows.getAll());
export const remove = (store, id) => within(store, "readwrite", (rows) => rows.delete(id));

/** Ask the browser not to clear the book when space is short; false where it will not promise. */
export async function persist() {
  return navigator.storage && navigator.storage.persist ? navigator.storage.persist() : false;
}
