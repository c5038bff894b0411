// The service worker. Pages come from the network and, without one, as they were last seen; assets have the hash of
// their content in their names and come from the cache. Everything else passes by.
//
// A kind of event has a module of its own that listens by itself; it is imported here.

import { forgetOldAssets, isAsset, keepAssetsOf, keptAsset } from "./assets";
import { fetchPage, isPage, keptPages, OFFLINE } from "./pages";
import "./push";
import { isShare, keepShared } from "./share";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => {
  // Pages are never older than their network, so a new worker need not wait until they are closed.
  event.waitUntil(Promise.all([keepAssetsOf(OFFLINE), self.skipWaiting()]));
});

self.addEventListener("activate", (event) => {
  // The request for a page does not wait until the worker has started.
  event.waitUntil(Promise.all([keptPages().then(forgetOldAssets), self.registration.navigationPreload?.enable(), self.clients.claim()]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (isAsset(url)) event.respondWith(keptAsset(request));
  else if (isShare(request, url)) event.respondWith(keepShared(request));
  else if (isPage(request, url)) event.respondWith(fetchPage(event));
});
