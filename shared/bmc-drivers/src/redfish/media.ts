import { RedfishError, type Resource, textAt } from '@powerbus/redfish'
import type { MediaRequest, MediaResult, MediaSlot } from '../media.ts'
import { type BootNotes, readBoot, setBoot } from './boot.ts'
import { hasProperty } from './has-property.ts'
import { isForDisc, mediaAction, readSlots, slotOf, targetOfAction, withoutLogin } from './media-slots.ts'
import { isRefusal, refuses } from './redfish-failure.ts'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

/** Some BMCs answer 5xx for a while after an image was taken out. IR redfish/boot.py */
const SETTLE_MS = 3000
const SETTLE_TIMES = 4
/** Looks for the image after it was put in. */
const LOOKS = 10
const LOOK_MS = 1000

export async function readMedia(visit: Visit): Promise<MediaSlot[]> {
  return (await readSlots(visit)).map(slotOf)
}

/** Takes all images out that can be taken out. */
export async function ejectAll(visit: Visit): Promise<MediaSlot[]> {
  const full = (await readSlots(visit)).filter((slot) => slotOf(slot).Inserted)
  const ejected: MediaSlot[] = []
  for (const slot of full) if (await eject(visit, slot)) ejected.push(slotOf(slot))
  return ejected
}

/** Into the first slot for discs that takes it, emptied before; then boots from it next time, where asked. */
export async function mount(visit: Visit, request: MediaRequest): Promise<MediaResult> {
  const slots = (await readSlots(visit)).filter(isForDisc)
  if (slots.length === 0) throw unsupported(visit, 'it has no virtual drive for a CD or DVD')
  await enableMedia(visit)
  const reasons: string[] = []
  for (const slot of byUse(slots)) {
    if (slotOf(slot).Inserted) await eject(visit, slot)
    try {
      await insert(visit, slot, request.url)
    } catch (error) {
      // For the remote console alone: 400, 404, 405. IR redfish/boot.py
      if (!isRefusal(error)) throw error
      reasons.push(`${slot.path}: ${error.message}`)
      continue
    }
    return mounted(visit, slot, request)
  }
  throw unsupported(visit, `none of its virtual drives takes the image: ${reasons.join('; ')}`)
}

/** Slots with an action first: others are for the remote console in most cases. */
function byUse(slots: readonly Resource[]): Resource[] {
  const rank = (slot: Resource) => (mediaAction(slot, 'Insert') ? 0 : 1)
  return [...slots].sort((a, b) => rank(a) - rank(b))
}

async function mounted(visit: Visit, slot: Resource, { url, boot, efi }: MediaRequest): Promise<MediaResult> {
  const now = await look(visit, slot.path, url)
  const Slot = slotOf(now)
  const result = { Slot, Verified: holds(Slot, url) }
  if (!boot) return result
  const notes: BootNotes = { isOnce: false, isByAttributes: false }
  if (await bootByFlag(visit, now)) return { ...result, Boot: { BootDevice: 'cdrom', Verified: true, Note: FLAG_NOTE } }
  await setBoot(visit, { device: 'cdrom', persistent: false, efi }, notes)
  const { device, valid, note } = await readBoot(visit, notes)
  const Boot = { BootDevice: device, Verified: valid && device === 'cdrom', ...(note && { Note: note }) }
  return { ...result, Boot }
}

const FLAG_NOTE = 'by the flag of the drive (BootOnNextServerReset)'

/** iLO boots from the drive once where its own flag is set. False where the drive has none. redfish.md of HPE: Oem.Hpe, Oem.Hp */
async function bootByFlag(visit: Visit, slot: Resource): Promise<boolean> {
  for (const vendor of ['Hpe', 'Hp']) {
    if (!hasProperty(slot, 'Oem', vendor, 'BootOnNextServerReset')) continue
    const body = { Oem: { [vendor]: { BootOnNextServerReset: true } } }
    const options = slot.etag === undefined ? {} : { etag: slot.etag }
    const { refused } = await visit.connection.patch(slot.path, body, visit.budget.call(), options)
    if (refused.length === 0) return true
  }
  return false
}

async function look(visit: Visit, path: string, url: string): Promise<Resource> {
  for (let looks = 1; ; looks++) {
    const slot = await visit.get(path)
    if (holds(slotOf(slot), url) || looks === LOOKS || !(await visit.budget.sleep(LOOK_MS))) return slot
  }
}

/** Some BMCs report the file's name, or the share without its scheme. */
function holds({ Inserted, Image }: MediaSlot, url: string): boolean {
  const bare = withoutLogin(url)
  return Inserted && Image !== null && (bare.endsWith(Image.replace(/^[a-z]+:\/\//i, '')) || Image.endsWith(bare))
}

async function insert(visit: Visit, slot: Resource, url: string): Promise<void> {
  const action = mediaAction(slot, 'Insert')
  const target = action && targetOfAction(slot, action)
  if (!target) return patchImage(visit, slot, { Image: url, Inserted: true })
  const body: Record<string, string | boolean> = { Image: url }
  if (action === '#VirtualMedia.InsertMedia') Object.assign(body, { Inserted: true, WriteProtected: true })
  for (let settles = 0; ; ) {
    try {
      const { task } = await visit.connection.post(target, body, visit.budget.call())
      if (task !== undefined) await visit.connection.finished(task, visit.budget.call())
      return
    } catch (error) {
      if (adapt(body, error, url)) continue
      if (!isUnsettled(error) || settles++ === SETTLE_TIMES || !(await visit.budget.sleep(SETTLE_MS))) throw error
      if (holds(slotOf(await visit.get(slot.path)), url)) return
    }
  }
}

/** Adds what the BMC misses, or leaves out what it does not know. False where the refusal names nothing of the kind. */
function adapt(body: Record<string, string | boolean>, error: unknown, url: string): boolean {
  const scheme = /^([a-z]+):/i.exec(url)?.[1]?.toUpperCase() ?? 'HTTP'
  const additions = { TransferProtocolType: scheme, TransferMethod: 'Stream' } as const
  for (const name of ['TransferProtocolType', 'TransferMethod'] as const)
    if (body[name] === undefined && refuses(error, name)) {
      body[name] = additions[name]
      return true
    }
  for (const name of ['WriteProtected', 'Inserted'])
    if (body[name] !== undefined && refuses(error, name)) {
      delete body[name]
      return true
    }
  return false
}

function isUnsettled(error: unknown): boolean {
  return error instanceof RedfishError && ['unknown-outcome', 'busy', 'conflict'].includes(error.kind)
}

async function eject(visit: Visit, slot: Resource): Promise<boolean> {
  const action = mediaAction(slot, 'Eject')
  const target = action && targetOfAction(slot, action)
  try {
    if (!target) await patchImage(visit, slot, { Image: null, Inserted: false })
    else {
      const { task } = await visit.connection.post(target, {}, visit.budget.call())
      if (task !== undefined) await visit.connection.finished(task, visit.budget.call())
    }
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    return false
  }
}

/** The way of services before the actions; iLO 4 and old XCC take the image alone. */
async function patchImage(
  visit: Visit,
  { path, etag }: Resource,
  body: { readonly Image: string | null; readonly Inserted: boolean },
): Promise<void> {
  const options = etag === undefined ? {} : { etag }
  try {
    await visit.connection.patch(path, body, visit.budget.call(), options)
  } catch (error) {
    if (!refuses(error, 'Inserted')) throw error
    await visit.connection.patch(path, { Image: body.Image }, visit.budget.call(), options)
  }
}

/** AMI switches remote media off by default. SU, IR */
async function enableMedia(visit: Visit): Promise<void> {
  const { name } = await visit.rules()
  if (!name.startsWith('ami') && name !== 'lenovo-ami') return
  const manager = await visit.manager(await visit.system())
  const target = manager && textAt(manager.body, 'Actions', 'Oem', '#AMIVirtualMedia.EnableRMedia', 'target')
  if (target) await visit.connection.post(target, { RMediaState: 'Enable' }, visit.budget.call())
}
