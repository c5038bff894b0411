// Binds the behaviours to the pages. A page reads and every form works without any of this.
import { Application } from "@hotwired/stimulus";
import AttachController from "./controllers/attach_controller";
import ComposerController from "./controllers/composer_controller";
import DropController from "./controllers/drop_controller";
import GalleryController from "./controllers/gallery_controller";
import LightboxController from "./controllers/lightbox_controller";
import LobbyController from "./controllers/lobby_controller";
import PeopleController from "./controllers/people_controller";
import PictureController from "./controllers/picture_controller";
import RoomController from "./controllers/room_controller";
import SearchController from "./controllers/search_controller";
import ShareController from "./controllers/share_controller";
import SheetController from "./controllers/sheet_controller";
import SubmitController from "./controllers/submit_controller";
import TimelineController from "./controllers/timeline_controller";
import TimesController from "./controllers/times_controller";

document.documentElement.classList.add("has-js");

const application = Application.start();
application.register("attach", AttachController);
application.register("composer", ComposerController);
application.register("drop", DropController);
application.register("gallery", GalleryController);
application.register("lightbox", LightboxController);
application.register("lobby", LobbyController);
application.register("people", PeopleController);
application.register("picture", PictureController);
application.register("room", RoomController);
application.register("search", SearchController);
application.register("share", ShareController);
application.register("sheet", SheetController);
application.register("submit", SubmitController);
application.register("timeline", TimelineController);
application.register("times", TimesController);
