import { type ParamValues, readParamValues } from '@powerbus/plugin-sdk'
import { sizes } from '../params.ts'

/** The size of a new VM, by the params of its machine or of an action. Throws PARAM_INVALID. */
export function sizesOf(params: Readonly<Record<string, unknown>>) {
  return sizesOfValues(readParamValues(sizes, params))
}

export function sizesOfValues(params: ParamValues<typeof sizes>) {
  return {
    cpus: params['virtualbox/cpus'],
    diskMb: params['virtualbox/disk-size-mb'],
    memoryMb: params['virtualbox/mem-size-mb'],
    vramMb: params['virtualbox/vram-size-mb'],
  }
}
