import { PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { objectAt, type Resource, textAt } from '@powerbus/redfish'
import { ruleTable, standardRules } from './rule-table.ts'
import type { BmcFacts, Match, Rules } from './rules.ts'

/** What root and system, or chassis, say of themselves. */
export function factsOf(root: Resource, part: Resource | undefined): BmcFacts {
  const oem = Object.keys(objectAt(root.body, 'Oem') ?? {}).filter((name) => !name.includes('@'))
  const [onlyOem = ''] = oem.length === 1 ? oem : []
  const lower = (name: string, from = part) => (textAt(from?.body, name) ?? '').toLowerCase()
  return {
    vendor: lower('Vendor', root) || onlyOem.toLowerCase(),
    product: lower('Product', root),
    oem: oem.map((name) => name.toLowerCase()),
    manufacturer: lower('Manufacturer'),
    model: lower('Model'),
    sku: lower('SKU'),
    systemId: lower('Id'),
  }
}

/** The rules for this BMC; the standard's where none is known. */
export function rulesFor(facts: BmcFacts): Rules {
  return ruleTable.find(({ match }) => matches(match, facts)) ?? standardRules
}

/** The rules of that name. Throws PARAM_INVALID, with the names that there are. */
export function rulesNamed(name: string): Rules {
  const all = [standardRules, ...ruleTable]
  const found = all.find((rules) => rules.name === name)
  if (found) return found
  throw new PowerbusError(
    'PARAM_INVALID',
    `Param ipmi/redfish-rules: no rules are called ${JSON.stringify(name)}; there are ${all.map((rules) => rules.name).join(', ')}`,
  )
}

function matches({ oem, ...patterns }: Match, facts: BmcFacts): boolean {
  if (oem !== undefined && !facts.oem.includes(oem)) return false
  return (Object.entries(patterns) as [Exclude<keyof Match, 'oem'>, RegExp][]).every(([name, pattern]) =>
    pattern.test(facts[name]),
  )
}
