import {
  actionOf,
  booleanAt,
  type JsonObject,
  linkAt,
  objectAt,
  type Resource,
  textAt,
  textsAt,
} from '@powerbus/redfish'
import type { MediaSlot } from '../media.ts'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

/** Slots of the system, and of its manager where the system has none. A newer BMC has them at the system. Throws CAPABILITY_UNSUPPORTED. */
export async function readSlots(visit: Visit): Promise<Resource[]> {
  const system = await visit.system()
  const own = await visit.members(linkAt(system.body, 'VirtualMedia'))
  if (own.length > 0) return own
  const manager = await visit.manager(system)
  const managed = await visit.members(linkAt(manager?.body, 'VirtualMedia'))
  if (managed.length === 0) throw unsupported(visit, 'it has no virtual media')
  return managed
}

export function slotOf({ body }: Resource): MediaSlot {
  const image = textAt(body, 'Image')
  const writeProtected = booleanAt(body, 'WriteProtected')
  return {
    Id: textAt(body, 'Id') ?? '',
    MediaTypes: textsAt(body, 'MediaTypes'),
    Inserted: booleanAt(body, 'Inserted') ?? image !== undefined,
    Image: image === undefined ? null : withoutLogin(image),
    ...(writeProtected !== undefined && { WriteProtected: writeProtected }),
  }
}

/** An image's address without user and password. */
export function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1')
}

/** Takes images for a CD or DVD. Slots without an action may be written, or be for the remote console alone. */
export function isForDisc({ body }: Resource): boolean {
  return textsAt(body, 'MediaTypes').some((type) => /^(CD|DVD)$/i.test(type))
}

/** The action by its standard name, else a vendor's: iLO 4 and 5 have HpeiLOVirtualMedia.InsertVirtualMedia beside or in place of it. */
export function mediaAction(slot: Resource, verb: 'Insert' | 'Eject'): string | undefined {
  const standard = `#VirtualMedia.${verb}Media`
  if (actionOf(slot, standard)) return standard
  const oem = objectAt(slot.body, 'Actions', 'Oem') ?? {}
  const all = [...Object.keys(oem), ...Object.values(oem).flatMap((inner) => Object.keys((inner ?? {}) as JsonObject))]
  return all.find((name) => name.startsWith('#') && name.endsWith(`.${verb}VirtualMedia`))
}

/** Where a vendor's action is posted to: `Actions.Oem`, or one level below it. */
export function targetOfAction(slot: Resource, action: string): string | undefined {
  const found = actionOf(slot, action)
  if (found) return textAt(found, 'target')
  const oem = objectAt(slot.body, 'Actions', 'Oem') ?? {}
  return Object.keys(oem)
    .map((vendor) => textAt(oem, vendor, action, 'target'))
    .find((target) => target !== undefined)
}
