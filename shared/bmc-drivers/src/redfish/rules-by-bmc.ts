import { factsOf, rulesFor, rulesNamed } from './detect.ts'
import type { Rules } from './rules.ts'
import type { Visit } from './visit.ts'

/** Of these the longest unused are forgotten: found again by two requests. */
const MOST = 20_000

/** The rules of each BMC, found out once in this process. */
export class RulesByBmc {
  readonly #found = new Map<string, Rules>()

  /** Throws PARAM_INVALID for a name that no rules have. */
  check(named: string | undefined): void {
    if (named !== undefined) rulesNamed(named)
  }

  /** By name, else by what the BMC says of itself; `note` is told the first time. */
  async of(visit: Visit, named: string | undefined, note?: (text: string) => void): Promise<Rules> {
    if (named !== undefined) return rulesNamed(named)
    const known = this.#found.get(visit.key)
    if (known) return known
    const root = await visit.root()
    const part = (await visit.systemIfAny()) ?? (await visit.chassis(undefined))[0]
    const facts = factsOf(root, part)
    const rules = rulesFor(facts)
    if (this.#found.size >= MOST) this.#found.delete(this.#found.keys().next().value ?? '')
    this.#found.set(visit.key, rules)
    const who = [facts.vendor, facts.product, facts.manufacturer, facts.model].filter((word) => word !== '').join(', ')
    note?.(
      `${visit.key} is driven by the Redfish rules ${rules.name} (${who || 'it does not say what it is'}; ${rules.source})`,
    )
    return rules
  }
}
