import type { Readable } from 'node:stream'

const LINE_CHARACTERS_MAX = 4096

/** Calls back for each line of a stream; a line without end is given out in pieces of 4096 characters. */
export function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    if (rest.length < LINE_CHARACTERS_MAX) return
    onLine(rest)
    rest = ''
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
