// Hooks of content-imports.mjs; they run in Node's own thread for hooks.
import { fileURLToPath } from 'node:url'
import { contentFolder, contentSource } from './content-module.mjs'

const name = 'powerbus:content'

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  if (specifier !== name || !context.parentURL) return nextResolve(specifier, context)
  return { url: `${name}${contentFolder(fileURLToPath(context.parentURL))}`, shortCircuit: true }
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith(name)) return nextLoad(url, context)
  return { format: 'module', source: contentSource(url.slice(name.length)), shortCircuit: true }
}
