/** What operators read about this plugin. reStructuredText. */
export const documentation = `
Slack
=====

Tells Slack what happens to machines: power and boot actions that ended, machines that came and went, jobs that failed, errors of plugins.

Make a Slack app with the bot scopes \`\`chat:write\`\`, \`\`channels:read\`\`, \`\`groups:read\`\`, \`\`channels:history\`\` and \`\`groups:history\`\`, install it,
give its bot token as \`\`slack/bot-key\`\`, and invite the bot to the channels that it is to post to.

Every event is kept until it is in Slack: through restarts, rate limits and outages. The events of one machine within \`\`slack/window-seconds\`\` are
one message. \`\`slackqueue\`\` lists what waits and what Slack refuses, with the reason; \`\`slackretry\`\` tries that again.
`
