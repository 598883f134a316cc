import { type Store, StoreError } from '@powerbus/store'

/** Number of the form in which this version stores objects. Raise it where an older version would misread them. */
const FORMAT = 1
const KEY = 'inventory/format'

/** Throws StoreError STORE_CORRUPT where a newer version has stored objects in a form that this one does not know. */
export async function checkStateFormat(store: Store): Promise<void> {
  await store.compareAndSet(KEY, undefined, FORMAT)
  const found = await store.get(KEY)
  if (typeof found === 'number' && found <= FORMAT) return
  const text = `the state was written by a newer version of Powerbus (format ${String(found)}; this one knows ${FORMAT})`
  throw new StoreError('STORE_CORRUPT', `${text}: start the newer version, or restore a backup of before the upgrade`)
}
