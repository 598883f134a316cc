import { objectAt, textAt } from '../resources/read-json.ts'
import type { JsonObject } from '../resources/resource.ts'
import { type EvidenceName, type Vendor, type VendorRule, vendorRules } from './vendor-rules.ts'

/** What is known of a BMC. The root alone is enough for most; no login is needed for it. */
export interface VendorEvidence {
  /** Body of the service root. */
  readonly root: JsonObject
  /** Last parts of paths: `System_0`, `BMC`, `Card1`. */
  readonly systems?: readonly string[]
  readonly managers?: readonly string[]
  readonly chassis?: readonly string[]
  readonly systemManufacturer?: string
  readonly systemModel?: string
  readonly chassisManufacturer?: string
  /** Organisation of the issuer of the TLS certificate. */
  readonly certificateIssuer?: string
}

export interface DetectedVendor {
  readonly vendor: Vendor
  /** What decided, for the log: `Vendor "Lenovo", Oem "Ami"`. */
  readonly rule: string
  /** Whose program goes by it. */
  readonly source: string
}

/** The first rule of `vendorRules` that the evidence fulfils; `generic` where none does. */
export function detectVendor(evidence: VendorEvidence): DetectedVendor {
  const known = textsOf(evidence)
  for (const rule of vendorRules) {
    const shown = fulfilled(rule, known)
    if (shown !== undefined) return { vendor: rule.vendor, rule: shown, source: rule.source }
  }
  return { vendor: 'generic', rule: 'no rule holds', source: 'the standard' }
}

type Known = Readonly<Record<EvidenceName, readonly string[]>>

function textsOf(evidence: VendorEvidence): Known {
  const { root } = evidence
  const oem = Object.keys(objectAt(root, 'Oem') ?? {})
  const one = (text: string | undefined) => (text?.trim() ? [text.trim()] : [])
  return {
    Vendor: one(textAt(root, 'Vendor')),
    Product: one(textAt(root, 'Product')),
    'root Id': one(textAt(root, 'Id')),
    Oem: oem,
    system: evidence.systems ?? [],
    manager: evidence.managers ?? [],
    chassis: evidence.chassis ?? [],
    'system Manufacturer': one(evidence.systemManufacturer),
    'system Model': one(evidence.systemModel),
    'chassis Manufacturer': one(evidence.chassisManufacturer),
    'certificate issuer': one(evidence.certificateIssuer),
  }
}

/** The texts that fulfil the rule, in its order; undefined unless all conditions hold. */
function fulfilled({ when }: VendorRule, known: Known): string | undefined {
  const shown: string[] = []
  for (const [name, wanted] of Object.entries(when) as [EvidenceName, string | RegExp][]) {
    const holds = (text: string) => (typeof wanted === 'string' ? text === wanted : wanted.test(text))
    const found = known[name].find((text) => holds(text.toLowerCase()))
    if (found === undefined) return undefined
    shown.push(`${name} ${JSON.stringify(found)}`)
  }
  return shown.join(', ')
}

/** Vendors whose PATCH takes `If-Match: *` from the start, and answers 428 without the header. */
export function wantsAnyETag(vendor: Vendor): boolean {
  return ['ami', 'lenovo-ami', 'lenovo-gb300', 'giga-computing', 'dgx-h100'].includes(vendor)
}
