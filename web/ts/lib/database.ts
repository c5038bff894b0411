// What must outlive the page, in IndexedDB. Where the browser has none, or no space for a value, the
// value lives as long as the page.

export type StoreName = "pending" | "drafts";

const NAME = "madang";
const VERSION = 1;

const memory: Record<StoreName, Map<string, unknown>> = { pending: new Map(), drafts: new Map() };
let opening: Promise<IDBDatabase | null> | undefined;

function database(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        for (const store of Object.keys(memory)) request.result.createObjectStore(store);
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

/** Stores a value. Returns whether it outlives the page. */
export async function put(store: StoreName, key: string, value: unknown): Promise<boolean> {
  const isStored = await run(store, "readwrite", (objects) => objects.put(value, key));
  if (isStored.done) memory[store].delete(key);
  else memory[store].set(key, value);
  return isStored.done;
}

export async function remove(store: StoreName, key: string): Promise<void> {
  memory[store].delete(key);
  await run(store, "readwrite", (objects) => objects.delete(key));
}

export async function get<T>(store: StoreName, key: string): Promise<T | undefined> {
  const { result } = await run<unknown>(store, "readonly", (objects) => objects.get(key));
  return (result ?? memory[store].get(key)) as T | undefined;
}

/** Returns all values whose keys begin with `prefix`, in the order of their keys. */
export async function all<T>(store: StoreName, prefix: string): Promise<T[]> {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const { result } = await run<unknown[]>(store, "readonly", (objects) => objects.getAll(range));
  const unstored = [...memory[store]].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
  return [...(result ?? []), ...unstored] as T[];
}

async function run<T>(
  store: StoreName,
  mode: IDBTransactionMode,
  act: (objects: IDBObjectStore) => IDBRequest<T> | IDBRequest,
): Promise<{ done: boolean; result?: T }> {
  const opened = await database();
  if (!opened) return { done: false };
  return new Promise((resolve) => {
    try {
      const transaction = opened.transaction(store, mode);
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve({ done: true, result: request.result as T });
      transaction.onabort = transaction.onerror = () => resolve({ done: false });
    } catch {
      resolve({ done: false });
    }
  });
}
