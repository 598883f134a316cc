import { Liquid } from 'liquidjs'
import { durationText } from './duration.ts'
import { codeSpan, escapeText } from './escape.ts'
import type { MachineLink } from './machine-link.ts'
import { timeToken } from './time-token.ts'

/** Characters of one template; milliseconds and objects of one rendering. */
const PARSE_MAX = 20_000
const RENDER_MS = 200
const MEMORY_MAX = 1_000_000

interface Scope {
  readonly machine?: { readonly uuid: string; readonly name: string }
}

/**
 * Liquid that reads no files and only an object's own properties, in limits of its own. Whatever comes out of `{{ }}` is escaped; only
 * the filters that make mrkdwn of their own (`link`, `code`, `time`) are not, and they escape what they are given. `raw` is
 * not the way around that: what an event says is never mrkdwn.
 */
export function makeLiquid(link: MachineLink): Liquid {
  const liquid = new Liquid({
    templates: {},
    cache: false,
    ownPropertyOnly: true,
    strictFilters: true,
    parseLimit: PARSE_MAX,
    renderLimit: RENDER_MS,
    memoryLimit: MEMORY_MAX,
    outputEscape: (value: unknown) => escapeText(plain(value)),
  })
  const same = (value: unknown) => value
  for (const name of ['raw', 'escape', 'escape_once']) liquid.registerFilter(name, same)
  liquid.registerFilter('duration', durationText)
  const register = (name: string, handler: (value: unknown, ...args: unknown[]) => string) => {
    liquid.registerFilter(name, { raw: true, handler })
  }
  register('code', (value) => codeSpan(plain(value)))
  register('time', (value, format) => timeToken(value, typeof format === 'string' ? format : undefined))
  liquid.registerFilter('link', {
    raw: true,
    handler(value: unknown) {
      const { machine } = this.context.environments as Scope
      const address = machine && link(machine)
      const label = plain(value)
      return address === undefined ? codeSpan(label) : `<${linkAddress(address)}|${linkLabel(label)}>`
    },
  })
  return liquid
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value)
}

/** What would end the token is written as an address may have it. */
function linkAddress(address: string): string {
  return address.replace(/[<>|\s]/g, encodeURIComponent).replaceAll('&', '&amp;')
}

function linkLabel(text: string): string {
  return escapeText(text).replaceAll('|', '¦').trim() || '?'
}
