import { isAbsolute } from 'node:path'
import type { ContentBundle } from '@powerbus/drp'
import { machineData, type RenderedMachine } from '../templates/machine-data.ts'
import { renderTemplate } from '../templates/render-template.ts'
import { standInTemplates } from './stand-in-templates.ts'

/** A rendered template of a task: a script, or a file with its path below the task's folder. */
export interface RenderedPart {
  readonly id: string
  /** Empty: a script. */
  readonly path: string
  readonly text: string
}

export interface RenderableContent {
  /** Templates of the bundle and of the endpoint, by ID. */
  readonly templates: ReadonlyMap<string, string>
  /** Defaults of params, by name. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** Renders all templates of a task, in their order. Throws where the bundle has no such task. */
  task(name: string, machine: Omit<RenderedMachine, 'defaults'>): readonly RenderedPart[]
}

interface TaskTemplate {
  readonly ID?: string
  readonly Contents?: string
  readonly Path?: string
}

/** A bundle, as an endpoint renders it for the jobs of a machine. */
export function renderableContent({ sections }: ContentBundle): RenderableContent {
  const { templates: own = {}, tasks = {}, params } = sections
  const templates = new Map([
    ...standInTemplates,
    ...Object.entries(own).map(([id, member]) => [id, String(Object(member).Contents)] as const),
  ])
  const defaults = Object.fromEntries(
    Object.entries(params).flatMap(([name, { Schema }]) =>
      Object.hasOwn(Object(Schema), 'default') ? [[name, Object(Schema).default]] : [],
    ),
  )
  return {
    templates,
    defaults,
    task(name, machine) {
      const { Templates } = Object(tasks[name]) as { readonly Templates?: readonly TaskTemplate[] }
      if (!Templates) throw new Error(`the content has no task ${name}`)
      const data = machineData({ ...machine, defaults })
      return Templates.map(({ ID = '', Contents = '', Path = '' }) => {
        if (isAbsolute(Path)) throw new Error(`${name} would write ${Path}`)
        const [id, all] = Contents === '' ? [ID, templates] : [name, new Map([...templates, [name, Contents]])]
        return { id, path: Path, text: renderTemplate(all, id, data) }
      })
    },
  }
}
