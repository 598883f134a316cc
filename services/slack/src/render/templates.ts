import type { DrpEvent } from '@powerbus/drp'
import type { Liquid, Template } from 'liquidjs'
import type { EventFacts } from '../events/event-facts.ts'
import { invalid } from '../settings/invalid.ts'
import type { Severity } from '../severity.ts'
import { advice } from './advice.ts'
import { builtinFor, builtinTemplates, type TemplateSource } from './builtin-templates.ts'
import { cutText } from './cut.ts'
import { makeLiquid } from './liquid.ts'
import type { MachineLink } from './machine-link.ts'
import type { RenderedEvent } from './rendered-event.ts'

/** Characters. A section of Block Kit takes 3000. */
export const LINE_MAX = 400
export const BODY_MAX = 2900

interface Compiled {
  readonly line: readonly Template[]
  readonly body?: readonly Template[]
}

export interface TemplatesOptions {
  readonly link: MachineLink
}

export interface RenderRequest {
  readonly event: DrpEvent
  readonly facts: EventFacts
  readonly severity: Severity
  /** By its name; the built-in one for the event where absent. */
  readonly template?: string | undefined
}

/** The built-in templates and an operator's own, compiled. */
export class Templates {
  readonly #liquid: Liquid
  readonly #byName = new Map<string, Compiled>()
  readonly #builtin = new Map<string, Compiled>()
  /** Renderings that failed and were done with the built-in template. */
  failures = 0
  lastFailure = ''

  /** Throws PARAM_INVALID that names the template that is no good Liquid. */
  constructor(own: Readonly<Record<string, TemplateSource>>, { link }: TemplatesOptions) {
    this.#liquid = makeLiquid(link)
    for (const [name, source] of Object.entries(builtinTemplates)) this.#builtin.set(name, this.#compile(name, source))
    for (const [name, compiled] of this.#builtin) this.#byName.set(name, compiled)
    for (const [name, source] of Object.entries(own)) this.#byName.set(name, this.#compile(name, source))
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** Never throws: where a template fails, the built-in one is used. */
  render({ event, facts, severity, template }: RenderRequest): RenderedEvent {
    const builtin = builtinFor(facts)
    const scope = scopeOf(event, facts, severity)
    const wanted = this.#byName.get(template ?? builtin)
    return {
      facts,
      severity,
      ...(this.#try(wanted, scope) ?? this.#try(this.#builtin.get(builtin), scope) ?? bare(facts)),
    }
  }

  #compile(name: string, { line, body }: TemplateSource): Compiled {
    const parse = (text: string, part: string) => {
      try {
        return this.#liquid.parse(text)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw invalid(`slack/templates.${name}${part}`, text, `Liquid (${reason})`)
      }
    }
    return {
      line: parse(line, body === undefined ? '' : '.line'),
      ...(body !== undefined && { body: parse(body, '.body') }),
    }
  }

  #try(compiled: Compiled | undefined, scope: object): Pick<RenderedEvent, 'line' | 'body'> | undefined {
    if (!compiled) return undefined
    try {
      const whole = this.#renderPart(compiled.line, scope)
      const body = compiled.body ? this.#renderPart(compiled.body, scope) : whole
      const line = cutText(whole.replace(/\s*\n\s*/g, ' '), LINE_MAX)
      if (line === '') return undefined
      return { line, ...(body !== line && body !== '' && { body: cutText(body, BODY_MAX) }) }
    } catch (error) {
      this.failures += 1
      this.lastFailure = error instanceof Error ? error.message : String(error)
      return undefined
    }
  }

  #renderPart(template: readonly Template[], scope: object): string {
    return String(this.#liquid.renderSync([...template], scope)).trim()
  }
}

function scopeOf(event: DrpEvent, facts: EventFacts, severity: Severity): object {
  const error = facts.error && { ...facts.error, advice: advice(facts.error.code) }
  return { ...facts, severity, ...(error && { error }), event }
}

function bare({ type, action }: EventFacts): Pick<RenderedEvent, 'line'> {
  return { line: `${type.replace(/\W/g, ' ')} ${action.replace(/\W/g, ' ')}`.trim() || 'event' }
}
