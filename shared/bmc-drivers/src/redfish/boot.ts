import type { BootRequest, BootSetting } from '@powerbus/plugin-sdk/unshared'
import { linkAt, RedfishError, type Resource, textAt, textsAt } from '@powerbus/redfish'
import { deviceOf, HTTP_NOTE, targetOf } from './boot-words.ts'
import { readDellBoot, setDellBoot } from './dell-boot.ts'
import { hasProperty } from './has-property.ts'
import { isRefusal, refuses } from './redfish-failure.ts'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

const TARGET = 'BootSourceOverrideTarget'
const ENABLED = 'BootSourceOverrideEnabled'
const MODE = 'BootSourceOverrideMode'
const URI = 'HttpBootUri'

/** Remembered from setting to reading back, within one connection. */
export interface BootNotes {
  /** The BMC took Once in place of Continuous. */
  isOnce: boolean
  /** By the vendor's attributes, since it refused the override. */
  isByAttributes: boolean
}

/** What the machine will boot from, as the BMC reports it now. */
export async function readBoot(visit: Visit, notes: BootNotes): Promise<BootSetting> {
  const system = await visit.system()
  const place = await placeOf(visit, system)
  const own = settingOf(system, notes)
  const pending = place.path === system.path ? own : settingOf(place, notes)
  const setting = own.valid ? own : pending
  const { name } = await visit.rules()
  if (name === 'dell' && (notes.isByAttributes || !setting.valid)) return (await readDellBoot(visit, system)) ?? setting
  return setting
}

function settingOf({ body }: Resource, { isOnce }: BootNotes): BootSetting {
  const word = textAt(body, 'Boot', TARGET) ?? 'None'
  const enabled = textAt(body, 'Boot', ENABLED) ?? 'Disabled'
  const mode = textAt(body, 'Boot', MODE)
  const notes = [
    ...(isOnce ? ['the BMC refuses an override for ever: it was set for the next boot alone'] : []),
    ...(word === 'UefiHttp' ? [HTTP_NOTE] : []),
  ]
  return {
    device: deviceOf(word),
    persistent: enabled === 'Continuous',
    efi: mode === undefined ? null : mode === 'UEFI',
    valid: enabled !== 'Disabled' && word !== 'None',
    ...(notes.length > 0 && { note: notes.join('; ') }),
  }
}

/**
 * Writes target, duration and, where the BMC has it, the mode, with a fresh tag. What it refuses by name and can do without is left out:
 * the mode that is so already, an old HTTP address, an override for ever. Dell's own attributes take its place where it refuses all.
 */
export async function setBoot(visit: Visit, request: BootRequest, notes: BootNotes): Promise<void> {
  const system = await visit.system()
  const rules = await visit.rules()
  const place = await placeOf(visit, system)
  const target = targetOf(request.device, rules, textsAt(system.body, 'Boot', `${TARGET}@Redfish.AllowableValues`))
  if (target === undefined) {
    if (rules.name === 'dell') return dellBoot(visit, system, request, notes)
    throw unsupported(visit, `it allows no boot from ${request.device}`)
  }
  const boot: Record<string, string | null> = {
    [TARGET]: target,
    [ENABLED]: request.device === 'none' ? 'Disabled' : request.persistent ? 'Continuous' : 'Once',
  }
  const mode = textAt(place.body, 'Boot', MODE) ?? textAt(system.body, 'Boot', MODE)
  const wantedMode = request.efi ? 'UEFI' : 'Legacy'
  if (mode !== undefined && request.device !== 'none') boot[MODE] = wantedMode
  if (target !== 'UefiHttp' && textAt(place.body, 'Boot', URI)) boot[URI] = null
  notes.isOnce = false
  for (;;) {
    try {
      await write(visit, place, boot, rules.ifMatch)
      return
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (Object.hasOwn(boot, URI) && refuses(error, URI)) delete boot[URI]
      else if (boot[MODE] !== undefined && mode === wantedMode && refuses(error, MODE)) delete boot[MODE]
      else if (boot[ENABLED] === 'Continuous' && refuses(error, ENABLED, 'Continuous')) {
        boot[ENABLED] = 'Once'
        notes.isOnce = true
      } else if (rules.name === 'dell') return dellBoot(visit, system, request, notes)
      else throw error
    }
  }
}

async function dellBoot(visit: Visit, system: Resource, request: BootRequest, notes: BootNotes): Promise<void> {
  await setDellBoot(visit, system, request)
  notes.isByAttributes = true
}

/** A fresh GET right before, so that the tag is of now. A 200 that leaves a property out is a refusal. */
async function write(
  visit: Visit,
  { path }: Resource,
  boot: Readonly<Record<string, string | null>>,
  ifMatch: '*' | undefined,
): Promise<void> {
  const { etag } = await visit.get(path)
  const tag = ifMatch ?? etag
  const { refused, status } = await visit.connection.patch(
    path,
    { Boot: boot },
    visit.budget.call(),
    tag === undefined ? {} : { etag: tag },
  )
  if (refused.length === 0) return
  const messages = refused.map(({ property, message }) => ({
    ...message,
    properties: [...message.properties, property],
  }))
  const what = `left out ${refused.map(({ property }) => property).join(', ')}`
  throw new RedfishError('refused', visit.connection.address, `PATCH ${path} ${what}`, {
    status,
    sent: true,
    path,
    messages,
  })
}

/**
 * The settings resource where the system has one that has an override, unless the rules name the system; the system else. What IR and
 * the table of rules say of each vendor.
 */
async function placeOf(visit: Visit, system: Resource): Promise<Resource> {
  const { bootAt } = await visit.rules()
  const link = linkAt(system.body, '@Redfish.Settings', 'SettingsObject')
  if (bootAt === 'system' || link === undefined) return system
  const settings = await visit.getIfAny(link)
  if (settings && (bootAt === 'settings' || hasProperty(settings, 'Boot', TARGET))) return settings
  return system
}
