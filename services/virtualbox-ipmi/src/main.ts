#!/usr/bin/env node
import { run } from '@powerbus/plugin-sdk'
import { virtualboxPlugin } from './plugin.ts'

run(virtualboxPlugin(), process)
