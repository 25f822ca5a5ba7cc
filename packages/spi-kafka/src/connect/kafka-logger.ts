import type { Logger } from '@stemcell/core'
import { logLevel, type logCreator } from 'kafkajs'

/**
 * What kafkajs says, in the platform's log. Its errors are warnings here: it goes on trying after each of them. What it
 * says of single requests is left out, since it may hold credentials.
 */
export function kafkaLogger(logger: Logger): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = log
      const entry = { kafkajs: namespace, said: message, ...fields }
      if (level === logLevel.ERROR || level === logLevel.WARN) logger.warn(entry, 'kafkajs warns')
      else if (level === logLevel.INFO) logger.debug(entry, 'kafkajs')
    }
}
