// Lets Node import `powerbus:content` without a bundle: node --import ./tooling/content-imports.mjs.
// Register it after tsx, so that it is asked before.
import { register } from 'node:module'

register('./content-imports-hooks.mjs', import.meta.url)
