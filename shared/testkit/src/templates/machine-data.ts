import { goJson } from './go-json.ts'
import { renderTemplate, type TemplateData } from './render-template.ts'

/** A machine of a job, as far as its templates see it. */
export interface RenderedMachine {
  readonly uuid: string
  readonly name: string
  readonly address?: string
  readonly stage?: string
  /** Values of the machine and its profiles. */
  readonly params: Readonly<Record<string, unknown>>
  /** Defaults from the definitions of params. */
  readonly defaults: Readonly<Record<string, unknown>>
  readonly apiUrl: string
  readonly provisionerUrl: string
  readonly token: string
}

/** `.` of a job's templates: the machine, its params, the endpoint's addresses and a token. */
export function machineData(machine: RenderedMachine): TemplateData {
  const { uuid, name, address = '', stage = '', params, defaults } = machine
  const known = (param: string) => Object.hasOwn(params, param) || Object.hasOwn(defaults, param)
  const value = (param: string) => {
    if (!known(param)) throw new Error(`No such machine parameter ${param}`)
    return Object.hasOwn(params, param) ? params[param] : defaults[param]
  }
  const data: TemplateData = {
    Machine: { UUID: uuid, Uuid: uuid, Name: name, Address: address, Stage: stage },
    ApiURL: machine.apiUrl,
    ProvisionerURL: machine.provisionerUrl,
    GenerateToken: () => machine.token,
    GenerateInfiniteToken: () => machine.token,
    ParamExists: (param: string) => known(param),
    Param: value,
    ParamAsJSON: (param: string) => goJson(value(param)),
    ParamExpand: (param: string) => expanded(value(param), data),
  }
  return data
}

/** A value whose texts are templates themselves. */
function expanded(value: unknown, data: TemplateData): unknown {
  if (typeof value === 'string') return renderTemplate(new Map([['expanded', value]]), 'expanded', data)
  if (Array.isArray(value)) return value.map((member) => expanded(member, data))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, expanded(member, data)]))
}
