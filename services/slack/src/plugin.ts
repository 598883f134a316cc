import { documentation } from 'powerbus:content'
import { definePlugin, type Plugin, PowerbusError } from '@powerbus/plugin-sdk'
import { muteActions } from './actions/mute-actions.ts'
import { queueActions } from './actions/queue-actions.ts'
import { slackMetrics } from './metrics.ts'
import { pluginParams } from './params.ts'
import type { SlackService } from './slack-service.ts'

/** The plugin. Its first config loads the libraries and opens the state. */
export function slackPlugin(): Plugin {
  let service: SlackService | undefined
  const deliverer = () => {
    if (service?.deliverer) return service.deliverer
    throw new PowerbusError('PLUGIN_UNAVAILABLE', 'slack is not configured yet')
  }
  return definePlugin({
    name: 'slack',
    title: 'Slack',
    description: 'Posts messages about machines to Slack channels',
    documentation,
    autoStart: false,
    params: pluginParams,
    actions: [...queueActions(deliverer), ...muteActions(deliverer)],
    meta: {
      Icon: 'slack',
      Color: 'purple',
      License: 'Apache-2.0',
      CodeSource: 'services/slack',
      DocUrl: 'docs/slack.md',
      Order: '2002',
      Tags: 'powerbus,events,slack',
    },
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
      if (path !== '/preview') throw new PowerbusError('OBJECT_UNKNOWN', `slack has no API ${path}: use POST /preview`)
      const { previewApi } = await import('./preview/preview-api.ts')
      return previewApi({ method, body })
    },
    metrics: () => (service ? slackMetrics(service) : []),
    async stop() {
      await service?.stop()
    },
  })
}
