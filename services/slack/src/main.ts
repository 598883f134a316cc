#!/usr/bin/env node
import { run } from '@powerbus/plugin-sdk'
import { slackPlugin } from './plugin.ts'

run(slackPlugin(), process)
