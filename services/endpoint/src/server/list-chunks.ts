import { Pace } from '../inventory/pace.ts'

/**
 * Characters of a chunk, so that an answer of any length takes the memory of a few chunks. The next one is sent when the
 * socket has taken this one, so many small ones would wait for as many turns.
 */
const CHUNK_CHARACTERS = 1024 * 1024

/** Items between looks at the clock: each look is a turn of the microtask queue. */
const ITEMS_PER_LOOK = 32

/** A JSON array in chunks: each text is made when its chunk is wanted. What `textOf` throws ends it. */
export async function* listChunks<T>(items: Iterable<T>, textOf: (item: T) => string): AsyncGenerator<Buffer> {
  const pace = new Pace()
  let text = '['
  let separator = ''
  let count = 0
  for (const item of items) {
    text += separator + textOf(item)
    separator = ','
    count += 1
    if (text.length < CHUNK_CHARACTERS && count % ITEMS_PER_LOOK !== 0) continue
    if (text.length >= CHUNK_CHARACTERS) {
      yield Buffer.from(text)
      text = ''
    }
    await pace.step()
  }
  yield Buffer.from(`${text}]`)
}
