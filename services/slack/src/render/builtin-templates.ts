import type { EventFacts } from '../events/event-facts.ts'

/** Liquid. */
export interface TemplateSource {
  readonly line: string
  readonly body?: string
}

const result = [
  '{% if power %}: power {{ power }}{% endif %}',
  '{% if bootDevice %}: boots from {{ bootDevice }}{% endif %}',
  '{% if changed == false %}, as it was before{% endif %}',
  '{% if verified == false %}, not verified{% endif %}',
].join('')

/** By name; a template of the same name in `slack/templates` replaces one. */
export const builtinTemplates = {
  'action-started': {
    line: '*{{ command }}* of {{ subject | link }} started',
  },
  'action-done': {
    line: `*{{ command }}* of {{ subject | link }} done${result}`,
  },
  'action-failed': {
    line: '*{{ command }}* of {{ subject | link }} failed{% if error.code %} ({{ error.code }}){% endif %}: {{ error.message | truncate: 160 }}',
    body: [
      '*{{ command }}* of {{ subject | link }} failed{% if error.code %} ({{ error.code }}){% endif %}',
      '> {{ error.message }}',
      '{% if error.advice != "" %}*What to try:* {{ error.advice }}{% endif %}',
    ].join('\n'),
  },
  'machine-created': {
    line: 'Machine {{ subject | link }} was created',
  },
  'machine-deleted': {
    line: 'Machine {{ subject | code }} was deleted',
  },
  'job-failed': {
    line: 'A job of {{ subject | link }} failed{% if job.task %} in task {{ job.task | code }}{% endif %}',
  },
  'plugin-error': {
    line: 'Plugin {{ subject | code }} has an error: {{ error.message | truncate: 160 }}',
    body: 'Plugin {{ subject | code }} has an error\n> {{ error.message }}',
  },
  generic: {
    line: '{{ type }} {{ subject | link }}: {{ action }}{% if error %}: {{ error.message | truncate: 160 }}{% endif %}',
  },
} as const satisfies Record<string, TemplateSource>

/** The built-in template for an event that no route gives one. */
export function builtinFor({ kind, outcome, type }: EventFacts): keyof typeof builtinTemplates {
  if (kind === 'action') {
    return outcome === 'failed' ? 'action-failed' : outcome === 'started' ? 'action-started' : 'action-done'
  }
  if (type === 'machines' && kind === 'created') return 'machine-created'
  if (type === 'machines' && kind === 'deleted') return 'machine-deleted'
  if (kind === 'job' && outcome === 'failed') return 'job-failed'
  return kind === 'plugin' ? 'plugin-error' : 'generic'
}
