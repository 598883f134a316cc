import type { EventFacts } from '../events/event-facts.ts'
import type { Block, MessageContent } from '../message.ts'
import { type Severity, severityEmoji, worse } from '../severity.ts'
import type { Gathered, RenderedEvent } from './gather-events.ts'
import { codeSpan, cutText, durationText, escapeText, timeToken } from './mrkdwn.ts'

/** Characters. chat.update refuses longer texts from 4000; chat.postMessage cuts them at 40,000. */
const TEXT_MAX = 3900
/** Characters of one section. */
const SECTION_MAX = 3000
/** Characters of all blocks as JSON; Slack answers msg_blocks_too_long from about 13,200. */
const BLOCKS_MAX = 12_500
/** Slack takes 50 blocks; the rest is for heading, marks and extra blocks. */
const SECTIONS_MAX = 40
/** Characters of the line that counts the events left out. */
const MARK_MAX = 40
const SHRINK = 0.8

export interface BuildOptions {
  /** Stands above the events. */
  readonly mention?: string | undefined
  /** Grouped by machine, under the heading of a digest. */
  readonly isDigest?: boolean
  /** Time since which all is well again, for a message whose failures are over; milliseconds since 1970. */
  readonly wellMs?: number | undefined
  /** Blocks to add below a message about one machine. */
  readonly extraBlocks?: ((facts: EventFacts) => readonly Block[]) | undefined
}

/** Blocks and text for one or more events within all of Slack's limits. One line counts the events that do not fit. */
export function buildMessage(
  gathered: Gathered,
  { mention, isDigest = false, extraBlocks, wellMs }: BuildOptions = {},
): MessageContent {
  const { events } = gathered
  const newest = events.at(-1)
  const [only] = events
  const called = mention === undefined ? '' : `${mention} `
  if (!newest || !only) return { text: 'nothing happened', blocks: [] }
  const well = wellMs === undefined ? [] : [wellText(wellMs)]
  const buttons = isDigest ? [] : (extraBlocks?.(newest.facts) ?? [])
  const extra = [...well.map((line) => context([line])), ...buttons]
  const ending = well.map((line) => `\n${line}`).join('')
  const textMax = TEXT_MAX - ending.length
  if (gathered.total === 1 && !isDigest) {
    const text = `${called}${marked(only)}`
    const body = `${called}${severityEmoji[only.severity]} ${only.body ?? only.line}`
    const blocks = [section(body), context(detailsOf(only.facts)), ...extra]
    return { text: cutText(text, textMax) + ending, blocks }
  }
  const heading = `${called}${headingOf(gathered, isDigest)}`
  // The size of the extra blocks is unknown, so the room for events shrinks until everything fits.
  for (let room = BLOCKS_MAX; ; room *= SHRINK) {
    const told = events.slice(events.length - fitting(events.map(timed), room))
    const left = gathered.total - told.reduce((sum, { times = 1 }) => sum + times, 0)
    const mark = left > 0 ? [`… and ${left} before`] : []
    const lines = isDigest ? byMachine(told) : told.map(timed)
    const sections = sectionsOf(lines).map(section)
    const blocks = [section(heading), ...mark.map((line) => context([line])), ...sections, ...extra]
    if (told.length > 0 && (JSON.stringify(blocks).length > BLOCKS_MAX || sections.length > SECTIONS_MAX)) continue
    const inText = lines.slice(lines.length - fitting(lines, textMax - heading.length - MARK_MAX))
    return { text: cutText([heading, ...mark, ...inText].join('\n'), textMax) + ending, blocks }
  }
}

function wellText(wellMs: number): string {
  return `${severityEmoji.good} All is well again since ${timeToken(wellMs)}`
}

function marked({ severity, line, times }: RenderedEvent): string {
  return `${severityEmoji[severity]} ${line}${times === undefined ? '' : ` (×${times})`}`
}

function timed(event: RenderedEvent): string {
  return `${timeToken(event.facts.timeMs)} ${marked(event)}`
}

function headingOf({ events, total, failed }: Gathered, isDigest: boolean): string {
  const emoji = severityEmoji[events.map(({ severity }) => severity).reduce<Severity>(worse, 'info')]
  const [name = '', ...others] = new Set(events.map(({ facts }) => facts.subject))
  const counts = `${plural(total, 'event')}${failed > 0 ? `, ${failed} failed` : ''}`
  if (isDigest) return `${emoji} *Digest*: ${counts}, ${plural(others.length + 1, 'subject')}`
  return `${emoji} *${others.length === 0 ? escapeText(name) : `${others.length + 1} machines`}*: ${counts}`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** One line per event, grouped by machine; a group stands at the place of its first event. */
function byMachine(events: readonly RenderedEvent[]): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const event of events) {
    const group = groups.get(event.facts.subject)
    if (group) group.push(`    ${timed(event)}`)
    else groups.set(event.facts.subject, [timed(event)])
  }
  return [...groups.values()].flat()
}

/** Count of the last lines that together, with their line ends, have at most `charactersMax` characters. */
function fitting(lines: readonly string[], charactersMax: number): number {
  let [count, characters] = [0, 0]
  for (const line of lines.toReversed()) {
    characters += line.length + 1
    if (characters > charactersMax) break
    count += 1
  }
  return count
}

/** The texts of as few sections as hold the lines, each of which fits into one. */
function sectionsOf(lines: readonly string[]): readonly string[] {
  const texts: string[] = []
  for (const line of lines) {
    const last = texts.at(-1)
    if (last !== undefined && last.length + line.length < SECTION_MAX) texts[texts.length - 1] = `${last}\n${line}`
    else texts.push(line)
  }
  return texts
}

/** Time, duration, plugin and driver, attempts, principal. */
function detailsOf(facts: EventFacts): readonly string[] {
  const { timeMs, durationMs, plugin = '', driver = '', attempts = 1, principal } = facts
  const by = [plugin, driver].filter((name) => name !== '')
  return [
    timeToken(timeMs, '{date_short_pretty} {time_secs}'),
    durationMs === undefined ? '' : `took ${durationText(durationMs)}`,
    by.map(escapeText).join(' / '),
    attempts > 1 ? `${attempts} attempts` : '',
    principal === '' ? '' : `by ${codeSpan(principal)}`,
  ].filter((text) => text !== '')
}

function section(text: string): Block {
  return { type: 'section', text: mrkdwn(text) }
}

function context(texts: readonly string[]): Block {
  return { type: 'context', elements: [mrkdwn(texts.join('  ·  '))] }
}

/** `verbatim`: Slack makes no links and mentions out of the text. */
function mrkdwn(text: string) {
  return { type: 'mrkdwn', text: cutText(text, SECTION_MAX), verbatim: true }
}
