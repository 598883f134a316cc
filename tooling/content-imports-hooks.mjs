// Hooks of content-imports.mjs; they run in Node's own thread for hooks.
import { readFile } from 'node:fs/promises'

const content = /\.(yaml|tmpl|sh|html)$/

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !content.test(new URL(url).pathname)) return nextLoad(url, context)
  const text = await readFile(new URL(url), 'utf8')
  return { format: 'module', source: `export default ${JSON.stringify(text)}`, shortCircuit: true }
}
