import { PowerbusError } from '@powerbus/plugin-sdk'
import { BOOT_PLACES, type BootDevice, type VmSpec } from './vm.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const NAME_CHARACTERS_MAX = 255
const ranges = { cpus: [1, 64], memoryMb: [4, 2_097_152], vramMb: [1, 256], diskMb: [1, 2_097_152] } as const

/** The UUID in upper case. Throws PARAM_INVALID. */
export function checkedId(id: string): string {
  if (!UUID.test(id)) throw invalid(`${JSON.stringify(id)} is not the UUID of a VM`)
  return id.toUpperCase()
}

/** Throws PARAM_INVALID for a name of a VM or snapshot that cannot be one. */
export function checkName(name: string): void {
  const isFine = name.trim() !== '' && name.length <= NAME_CHARACTERS_MAX && !/[\p{Cc}/\\]/u.test(name)
  if (!isFine)
    throw invalid(
      `${JSON.stringify(name)} is not a name: 1 to ${NAME_CHARACTERS_MAX} characters, no slash, no control character`,
    )
}

/** Throws PARAM_INVALID for whatever is out of its range. */
export function checkSpec(spec: VmSpec): void {
  checkName(spec.name)
  if (spec.id !== undefined) checkedId(spec.id)
  for (const [field, [least, most]] of Object.entries(ranges)) {
    const value = spec[field as keyof typeof ranges]
    if (!Number.isInteger(value) || value < least || value > most) {
      throw invalid(`${field} is ${value}, and must be ${least} to ${most}`)
    }
  }
}

/** Filled up to BOOT_PLACES. Throws PARAM_INVALID for too many. */
export function fullBootOrder(order: readonly BootDevice[]): readonly BootDevice[] {
  if (order.length > BOOT_PLACES) throw invalid(`A boot order has ${BOOT_PLACES} places, and not ${order.length}`)
  return Array.from({ length: BOOT_PLACES }, (_, place) => order[place] ?? 'none')
}

const invalid = (message: string) => new PowerbusError('PARAM_INVALID', message)
