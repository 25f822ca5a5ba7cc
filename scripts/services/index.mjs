import couchdb from './couchdb.mjs'
import docker from './docker.mjs'
import kafka from './kafka.mjs'
import kubernetes from './kubernetes.mjs'
import podman from './podman.mjs'
import redis from './redis.mjs'

/** Every service, in the order it is started. */
export const services = [redis, kafka, docker, podman, couchdb, kubernetes]
