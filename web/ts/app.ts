// Connects the controllers to the pages. Every page and form works without scripts.
import { Application } from "@hotwired/stimulus";
import AttachController from "./controllers/attach_controller";
import ComposerController from "./controllers/composer_controller";
import DropController from "./controllers/drop_controller";
import FormController from "./controllers/form_controller";
import GalleryController from "./controllers/gallery_controller";
import HelloController from "./controllers/hello_controller";
import InstallController from "./controllers/install_controller";
import LaterController from "./controllers/later_controller";
import LightboxController from "./controllers/lightbox_controller";
import LobbyController from "./controllers/lobby_controller";
import MentionController from "./controllers/mention_controller";
import MessageMenuController from "./controllers/message_menu_controller";
import MyRoomsController from "./controllers/my_rooms_controller";
import NotifyController from "./controllers/notify_controller";
import PeopleController from "./controllers/people_controller";
import PictureController from "./controllers/picture_controller";
import PinsController from "./controllers/pins_controller";
import PreferencesController from "./controllers/preferences_controller";
import RefreshController from "./controllers/refresh_controller";
import ReportsController from "./controllers/reports_controller";
import RoomController from "./controllers/room_controller";
import SearchController from "./controllers/search_controller";
import SearchPanelController from "./controllers/search_panel_controller";
import ShareController from "./controllers/share_controller";
import SharedController from "./controllers/shared_controller";
import SheetController from "./controllers/sheet_controller";
import SubmitController from "./controllers/submit_controller";
import TimelineController from "./controllers/timeline_controller";
import TimesController from "./controllers/times_controller";
import { startInApp } from "./lib/in_app";
import { startInstall } from "./lib/install";
import { startPush } from "./lib/push";
import { sendLeftovers } from "./lib/send_queue";
import { leaveRoom } from "./lib/room_connection";
import { addScriptMarkup } from "./lib/script_markup";
import { startSheets } from "./lib/sheet";
import { startShortcuts } from "./lib/shortcuts";
import { moveTo } from "./lib/socket";
import { rememberZone } from "./lib/time";
import { startVisits } from "./lib/visit";
import { startWorker } from "./lib/worker";

document.documentElement.classList.add("has-js");
addScriptMarkup();
rememberZone();
startSheets();
startShortcuts();
startVisits();
startInstall();
startInApp();
startWorker();
startPush();
addEventListener("visit:leave", leaveRoom);
// Another page about the room keeps the user in it.
addEventListener("visit:shown", () => document.querySelector(".room, [data-about-room]") ?? moveTo(undefined));
void sendLeftovers();

/** After so long a page that was not painted is hidden. */
const HIDDEN_MS = 1_000;

const controllers = {
  attach: AttachController,
  composer: ComposerController,
  drop: DropController,
  form: FormController,
  gallery: GalleryController,
  hello: HelloController,
  install: InstallController,
  later: LaterController,
  lightbox: LightboxController,
  lobby: LobbyController,
  mention: MentionController,
  "message-menu": MessageMenuController,
  "my-rooms": MyRoomsController,
  notify: NotifyController,
  people: PeopleController,
  picture: PictureController,
  pins: PinsController,
  preferences: PreferencesController,
  refresh: RefreshController,
  reports: ReportsController,
  room: RoomController,
  search: SearchController,
  "search-panel": SearchPanelController,
  share: ShareController,
  shared: SharedController,
  sheet: SheetController,
  submit: SubmitController,
  timeline: TimelineController,
  times: TimesController,
};

let isConnected = false;

/** Connects the controllers, which takes longer than the first paint may wait. */
function connect(): void {
  if (isConnected) return;
  isConnected = true;
  const application = Application.start();
  for (const [name, controller] of Object.entries(controllers)) application.register(name, controller);
}

requestAnimationFrame(() => setTimeout(connect));
// A hidden page paints nothing, from the start or from now on.
setTimeout(connect, document.hidden ? 0 : HIDDEN_MS);
