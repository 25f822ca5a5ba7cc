import couchdb from './couchdb.mjs'
import kafka from './kafka.mjs'
import redis from './redis.mjs'

/** Every service, in the order it is started. */
export const services = [redis, kafka, couchdb]
