import { Liquid } from 'liquidjs'
import { cutPlain } from '../cut-plain.ts'
import type { EventFacts } from '../events/event-facts.ts'
import { codeSpan, durationText, escapeText, timeToken } from './mrkdwn.ts'

/** Characters of one template; objects of one rendering. */
const PARSE_MAX = 20_000
const MEMORY_MAX = 1_000_000
/** Characters, where the filter gives no number: Liquid's own default. */
const TRUNCATE_MAX = 50

/**
 * Liquid with limits, without files, that reads only own properties. Everything from `{{ }}` is escaped, and `raw` and
 * `escape` change nothing, so an event can never add mrkdwn. The filters that make mrkdwn (`link`, `code`, `time`)
 * escape their input themselves. `machineUrl`: slack/machine-url; without it `link` makes a code span.
 */
export function makeLiquid(machineUrl: string | undefined): Liquid {
  const liquid = new Liquid({
    templates: {},
    cache: false,
    ownPropertyOnly: true,
    strictFilters: true,
    parseLimit: PARSE_MAX,
    memoryLimit: MEMORY_MAX,
    outputEscape: (value: unknown) => escapeText(plain(value)),
  })
  for (const name of ['raw', 'escape', 'escape_once']) liquid.registerFilter(name, (value: unknown) => value)
  liquid.registerFilter('duration', durationText)
  // The library's own cuts inside of characters.
  liquid.registerFilter('truncate', (value: unknown, given: unknown = TRUNCATE_MAX, end: unknown = '...') => {
    const [text, mark, max] = [plain(value), plain(end), Number(given)]
    return text.length <= max ? text : cutPlain(text, Math.max(0, max - mark.length) + 1).slice(0, -1) + mark
  })
  liquid.registerFilter('code', { raw: true, handler: (value: unknown) => codeSpan(plain(value)) })
  liquid.registerFilter('time', {
    raw: true,
    handler: (value: unknown, format: unknown) => timeToken(value, typeof format === 'string' ? format : undefined),
  })
  liquid.registerFilter('link', {
    raw: true,
    handler(value: unknown) {
      const { machine } = this.context.environments as Pick<EventFacts, 'machine'>
      const label = plain(value)
      if (machineUrl === undefined || machine === undefined) return codeSpan(label)
      const address = machineUrl
        .replaceAll('{uuid}', encodeURIComponent(machine.uuid))
        .replaceAll('{name}', encodeURIComponent(machine.name))
      return `<${linkAddress(address)}|${linkLabel(label)}>`
    },
  })
  return liquid
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value)
}

/** Characters that would end the token are percent-encoded. */
function linkAddress(address: string): string {
  return address.replace(/[<>|\s]/g, encodeURIComponent).replaceAll('&', '&amp;')
}

function linkLabel(text: string): string {
  return escapeText(text).replaceAll('|', '¦').trim() || '?'
}
