#!/usr/bin/env node
import { run } from '@powerbus/plugin-sdk'
import { packetIpmiPlugin } from './plugin.ts'

run(packetIpmiPlugin(), process)
