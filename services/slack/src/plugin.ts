import { documentation } from 'powerbus:content'
import { definePlugin, type Plugin, PowerbusError } from '@powerbus/plugin-sdk'
import { queueActions } from './actions/queue-actions.ts'
import { chatOpsParams } from './chatops/params.ts'
import { slackMetrics } from './metrics.ts'
import { pluginParams } from './params.ts'
import type { SlackService } from './slack-service.ts'

const params = [...pluginParams, ...chatOpsParams] as const

/** The plugin. Opens nothing before its first config; the libraries that it needs are loaded then. */
export function slackPlugin(): Plugin {
  let service: SlackService | undefined
  return definePlugin({
    name: 'slack',
    title: 'Slack',
    description: 'Tells Slack channels what happens to machines',
    documentation,
    autoStart: false,
    params,
    actions: [...queueActions(() => service?.deliverer)],
    meta: { Icon: 'slack', Color: 'purple', License: 'Apache-2.0' },
    async config(context) {
      if (!service) {
        const [{ SlackService }, { ChatOps }] = await Promise.all([
          import('./slack-service.ts'),
          import('./chatops/chat-ops.ts'),
        ])
        service = new SlackService(new ChatOps())
      }
      await service.config(context, context.params)
    },
    async publish(event, context) {
      if (!service) throw new PowerbusError('PLUGIN_UNAVAILABLE', 'slack is not configured yet')
      await service.publish(event, context)
    },
    async api({ method, path, body }) {
      if (path !== '/preview') throw new PowerbusError('OBJECT_UNKNOWN', `slack has no ${path}: POST /preview`)
      const { previewApi } = await import('./preview/preview-api.ts')
      return previewApi({ method, body }, { params })
    },
    metrics: () => (service ? slackMetrics(service) : []),
    async stop() {
      await service?.stop()
    },
  })
}
