import { PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { actionOf, linkAt, type Resource, textAt } from '@powerbus/redfish'
import { dellAttributesIfAny } from './dell-attributes.ts'
import { readPower, reset } from './power.ts'
import { unsupported } from './refusals.ts'
import type { AcCycleRule, OemAction } from './rules.ts'
import type { Visit } from './visit.ts'

/** Throws CAPABILITY_UNSUPPORTED where this BMC has no way to cut standby power, TARGET_STATE where a setting forbids it. */
export async function mayAcCycle(visit: Visit): Promise<void> {
  const { rule, system } = await ruleOf(visit)
  if (rule.at === 'dell-bios') await assertUnlocked(visit, system)
  else await placeOf(visit, system, rule)
}

/** Checks again right before it sends: somebody may have switched the machine on. */
export async function acCycle(visit: Visit): Promise<void> {
  const { rule, system } = await ruleOf(visit)
  if (rule.at === 'dell-bios') await assertUnlocked(visit, system)
  if ((await readPower(visit, 'off')) !== 'off')
    throw new PowerbusError(
      'TARGET_STATE',
      `${visit.key} is on again: standby power is cut of a machine that is off alone`,
    )
  if (rule.at === 'dell-bios') return dellAcCycle(visit, system)
  const { resource, target } = await placeOf(visit, system, rule)
  const offered = actionOf(resource, rule.action) !== undefined
  if (offered) await visit.connection.act(resource, rule.action, rule.body, visit.budget.call())
  else await visit.connection.post(target, rule.body, visit.budget.call())
}

async function ruleOf(visit: Visit): Promise<{ readonly rule: AcCycleRule; readonly system: Resource }> {
  const { acCycle: rule, name } = await visit.rules()
  if (!rule) throw unsupported(visit, `no way to cut standby power is known for it (rules: ${name})`)
  return { rule, system: await visit.system() }
}

/** The chassis that offers the action, else the one that is the BMC; the system as it is. */
async function placeOf(
  visit: Visit,
  system: Resource,
  { at, action, path }: OemAction,
): Promise<{ readonly resource: Resource; readonly target: string }> {
  const placed = (resource: Resource) => ({ resource, target: `${resource.path.replace(/\/+$/, '')}/${path}` })
  if (at === 'system') return placed(system)
  const root = await visit.root()
  const all = await visit.members(linkAt(root.body, 'Chassis'))
  const found =
    all.find((chassis) => actionOf(chassis, action)) ?? all.find(({ body }) => textAt(body, 'Id') === 'BMC_0')
  if (!found) throw unsupported(visit, `no chassis has the action ${action}`)
  return placed(found)
}

/** In lockdown no BIOS setting can be changed. LR dell.rs */
async function assertUnlocked(visit: Visit, system: Resource): Promise<void> {
  const body = (await dellAttributesIfAny(visit, system))?.body
  const locked = textAt(body, 'Attributes', 'Lockdown.1.SystemLockdown') === 'Enabled'
  const bios = await visit.getIfAny(linkAt(system.body, 'Bios'))
  const controlled = textAt(bios?.body, 'Attributes', 'UefiVariableAccess') === 'Controlled'
  if (!locked && !controlled) return
  const what = locked ? 'is in lockdown' : 'has its BIOS settings under control (UefiVariableAccess)'
  throw new PowerbusError('TARGET_STATE', `${visit.key} ${what}: unlock it before an AC cycle`)
}

/** A setting that the BIOS carries out and forgets at the next start, which is begun here. LR dell.rs */
async function dellAcCycle(visit: Visit, system: Resource): Promise<void> {
  const bios = await visit.getIfAny(linkAt(system.body, 'Bios'))
  const settings = await visit.getIfAny(linkAt(bios?.body, '@Redfish.Settings', 'SettingsObject'))
  if (!settings) throw unsupported(visit, 'it offers no BIOS settings to change')
  const body = {
    Attributes: { PowerCycleRequest: 'FullPowerCycle' },
    '@Redfish.SettingsApplyTime': { ApplyTime: 'OnReset' },
  }
  const options = settings.etag === undefined ? {} : { etag: settings.etag }
  await visit.connection.patch(settings.path, body, visit.budget.call(), options)
  await reset(visit, system, ['On', 'ForceOn'])
}
