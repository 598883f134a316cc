import { PowerbusError } from '@powerbus/plugin-sdk'
import { BOOT_PLACES, type BootDevice, fullOrder, type VmSpec } from './vm.ts'

const UUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i
const NAME_CHARACTERS_MAX = 255
const ranges = { cpus: [1, 64], memoryMb: [4, 2_097_152], vramMb: [1, 256], diskMb: [1, 2_097_152] } as const

/** The UUID of a VM in upper case, without braces. Throws PARAM_INVALID. */
export function checkedId(text: string): string {
  const id = UUID.exec(text.trim())?.[1]
  if (id === undefined) throw invalid(`Param virtualbox/id must be a UUID, not ${JSON.stringify(text)}`)
  return id.toUpperCase()
}

/** Checks the name of a VM or snapshot. Throws PARAM_INVALID. */
export function checkName(name: string): void {
  const isFine = name.trim() !== '' && name.length <= NAME_CHARACTERS_MAX && !/[\p{Cc}/\\]/u.test(name)
  if (!isFine)
    throw invalid(
      `${JSON.stringify(name)} is not a name: use 1 to ${NAME_CHARACTERS_MAX} characters, no slash, no control character`,
    )
}

/** Throws PARAM_INVALID for a name or number out of range. */
export function checkSpec(spec: VmSpec): void {
  checkName(spec.name)
  checkedId(spec.id)
  for (const [field, [least, most]] of Object.entries(ranges)) {
    const value = spec[field as keyof typeof ranges]
    if (!Number.isInteger(value) || value < least || value > most) {
      throw invalid(`${field} is ${value}, and must be ${least} to ${most}`)
    }
  }
}

/** The order with `none` added up to BOOT_PLACES. Throws PARAM_INVALID for more devices. */
export function fullBootOrder(order: readonly BootDevice[]): readonly BootDevice[] {
  if (order.length > BOOT_PLACES) throw invalid(`A boot order has at most ${BOOT_PLACES} places, not ${order.length}`)
  return fullOrder(order)
}

const invalid = (message: string) => new PowerbusError('PARAM_INVALID', message)
