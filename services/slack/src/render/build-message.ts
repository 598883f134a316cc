import type { EventFacts } from '../events/event-facts.ts'
import type { Block, MessageContent } from '../message.ts'
import { type Severity, severityEmoji, worse } from '../severity.ts'
import { cutText } from './cut.ts'
import { durationText } from './duration.ts'
import { codeSpan, escapeText } from './escape.ts'
import type { Gathered } from './gather-events.ts'
import type { RenderedEvent } from './rendered-event.ts'
import { timeToken } from './time-token.ts'

/** Characters. chat.postMessage cuts longer texts at 40 000, chat.update refuses them from 4000. */
export const TEXT_MAX = 3900
/** Characters of one section, and of all blocks together as JSON, over which Slack answers msg_blocks_too_long (from about 13 200). */
export const SECTION_MAX = 3000
export const BLOCKS_MAX = 12_500
/** Of 50; the rest is for what is added. */
const SECTIONS_MAX = 40
/** Characters of the line that says how many are left out. */
const MARK_MAX = 40
const SHRINK = 0.8

export interface BuildOptions {
  /** Above the events. */
  readonly mention?: string | undefined
  /** Grouped by machine, with a heading that says so. */
  readonly isDigest?: boolean
  /** What is added below a message about one machine. */
  readonly extraBlocks?: ((facts: EventFacts) => readonly Block[]) | undefined
}

/** Blocks and text for one event or many, within all limits: what does not fit is counted in a line of its own. */
export function buildMessage(
  gathered: Gathered,
  { mention, isDigest = false, extraBlocks }: BuildOptions = {},
): MessageContent {
  const { events } = gathered
  const newest = events.at(-1)
  const [only] = events
  const called = mention === undefined ? '' : `${mention} `
  if (!newest || !only) return { text: 'nothing happened', blocks: [] }
  const extra = isDigest ? [] : (extraBlocks?.(newest.facts) ?? [])
  if (gathered.total === 1 && !isDigest) {
    const text = `${called}${marked(only)}`
    const body = `${called}${severityEmoji[only.severity]} ${only.body ?? only.line}`
    const blocks = [section(body), context(detailsOf(only.facts)), ...extra]
    return { text: cutText(text, TEXT_MAX), blocks }
  }
  const heading = `${called}${isDigest ? digestHeading(gathered) : machineHeading(gathered)}`
  // Of what is added nobody knows how long it is; the rest is made to fit.
  for (let room = BLOCKS_MAX; ; room *= SHRINK) {
    const told = events.slice(events.length - fitting(events.map(timed), room))
    const left = gathered.total - told.reduce((sum, { times = 1 }) => sum + times, 0)
    const mark = left > 0 ? [`… and ${left} before`] : []
    const lines = isDigest ? byMachine(told) : told.map(timed)
    const sections = sectionsOf(lines).map(section)
    const blocks = [section(heading), ...mark.map((line) => context([line])), ...sections, ...extra]
    if (told.length > 0 && (JSON.stringify(blocks).length > BLOCKS_MAX || sections.length > SECTIONS_MAX)) continue
    const inText = lines.slice(lines.length - fitting(lines, TEXT_MAX - heading.length - MARK_MAX))
    return { text: cutText([heading, ...mark, ...inText].join('\n'), TEXT_MAX), blocks }
  }
}

function marked({ severity, line, times }: RenderedEvent): string {
  return `${severityEmoji[severity]} ${line}${times === undefined ? '' : ` (×${times})`}`
}

function timed(event: RenderedEvent): string {
  return `${timeToken(event.facts.timeMs)} ${marked(event)}`
}

function machineHeading({ events, total, failed }: Gathered): string {
  const names = [...new Set(events.map(({ facts }) => facts.subject))]
  const [name = ''] = names
  return `${worstEmoji(events)} *${names.length === 1 ? escapeText(name) : `${names.length} machines`}*: ${counted(total, failed)}`
}

function digestHeading({ events, total, failed }: Gathered): string {
  const names = new Set(events.map(({ facts }) => facts.subject))
  return `${worstEmoji(events)} *Digest*: ${counted(total, failed)}, ${names.size} ${names.size === 1 ? 'subject' : 'subjects'}`
}

function counted(total: number, failed: number): string {
  return `${total} ${total === 1 ? 'event' : 'events'}${failed > 0 ? `, ${failed} failed` : ''}`
}

function worstEmoji(events: readonly RenderedEvent[]): string {
  return severityEmoji[events.map(({ severity }) => severity).reduce<Severity>(worse, 'info')]
}

/** One line for each event, those of one machine together, under its first one's place. */
function byMachine(events: readonly RenderedEvent[]): readonly string[] {
  const groups = new Map<string, RenderedEvent[]>()
  for (const event of events) {
    const group = groups.get(event.facts.subject)
    if (group) group.push(event)
    else groups.set(event.facts.subject, [event])
  }
  return [...groups.values()].flatMap((group) =>
    group.map((event, index) => (index === 0 ? timed(event) : `    ${timed(event)}`)),
  )
}

/** How many of the last lines are no longer together than so many characters. */
function fitting(lines: readonly string[], charactersMax: number): number {
  let [count, characters] = [0, 0]
  for (const line of lines.toReversed()) {
    characters += line.length + 1
    if (characters > charactersMax) break
    count += 1
  }
  return count
}

/** The texts of as few sections as take the lines, none of which is longer than a section. */
function sectionsOf(lines: readonly string[]): readonly string[] {
  const texts: string[] = []
  for (const line of lines) {
    const last = texts.at(-1)
    if (last !== undefined && last.length + line.length < SECTION_MAX) texts[texts.length - 1] = `${last}\n${line}`
    else texts.push(line)
  }
  return texts
}

/** When, how long, by what, for whom. */
function detailsOf(facts: EventFacts): readonly string[] {
  const { timeMs, durationMs, plugin, driver, attempts, principal } = facts
  const by = [plugin, driver].filter((name) => name !== undefined && name !== '').map((name) => escapeText(name ?? ''))
  return [
    timeToken(timeMs, '{date_short_pretty} {time_secs}'),
    durationMs === undefined ? '' : `took ${durationText(durationMs)}`,
    by.length > 0 ? by.join(' / ') : '',
    attempts !== undefined && attempts > 1 ? `${attempts} attempts` : '',
    principal === '' ? '' : `by ${codeSpan(principal)}`,
  ].filter((text) => text !== '')
}

/** `verbatim`: Slack makes no links and mentions of its own out of what it reads. */
function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text: cutText(text, SECTION_MAX), verbatim: true } }
}

function context(texts: readonly string[]): Block {
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: cutText(texts.join('  ·  '), SECTION_MAX), verbatim: true }],
  }
}
