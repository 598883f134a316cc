#!/usr/bin/env node
import { run } from '@powerbus/plugin-sdk'
import { ipmiPlugin } from './plugin.ts'

run(ipmiPlugin(), process)
